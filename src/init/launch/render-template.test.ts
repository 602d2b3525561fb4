import { expect, test } from "vitest";
import { renderTemplate } from "./render-template.ts";
import type { ValueMap } from "./value.ts";

const values: ValueMap = {
  http: { host: "localhost", port: 8080, proxy: null },
  sites: { shop: { root: "/srv/shop" }, blog: { root: "/srv/blog" } },
  names: ["a", "b"],
  empty: [],
};

function render(text: string): string {
  const environment = (name: string) => (name === "HOME" ? "/root" : undefined);
  return renderTemplate({ file: "site.j2", text }, { values, environment });
}

function problemOf(text: string): string {
  try {
    return `rendered ${JSON.stringify(render(text))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

test("renders what configuration files are made of", () => {
  const template = [
    "listen {{ http.port }};",
    "{% for name, site in sites.items() %}",
    "  root {{ site.root }}; # {{ name | upper }}",
    "{% endfor %}",
    "{# not seen #}",
    "{% if http.proxy %}",
    "proxy {{ http.proxy }};",
    "{% elif names is defined and 'a' in names %}",
    "names {{ names | join(',') }}; {{ '{{' }} ${variable} }",
    "{% endif %}",
    "home {{ env.HOME }} {{ env.NONE | default('none') }} {{ 'set' if env['NONE'] is defined else 'unset' }}",
    "{% macro pair(key, value=1) %}{{ key }}={{ value }}{% endmacro %}",
    "{{ pair('a') }} {{ pair('b', 2) }} {{ http.port // 100 }}",
    "{{ http | tojson }}",
    "",
  ].join("\n");
  expect(render(template)).toBe(
    [
      "listen 8080;",
      "  root /srv/shop; # SHOP",
      "  root /srv/blog; # BLOG",
      "names a,b; {{ ${variable} }",
      "home /root none unset",
      "a=1 b=2 80",
      '{"host": "localhost", "port": 8080, "proxy": null}',
      "",
    ].join("\n"),
  );
});

test.each([
  ["{{ prot }}", "site.j2:1: prot is not defined"],
  ["a\n\n{{ htpp.port }}", "site.j2:3: htpp is not defined\n  hint: did you mean http?"],
  ["{#\n#}\n{% if http.prot %}\n{% endif %}", "site.j2:3: http.prot is not defined"],
  ["{% if false %}\na\n{% elif nothing %}\n{% endif %}", "site.j2:3: nothing is not defined"],
  ["{% for x in names %}\n{{ x }}\n{{ y }}{% endfor %}", "site.j2:3: y is not defined"],
  ["\n{{ http.proxy }}", "site.j2:2: http.proxy is null\n  hint: ask for it with {% if %}"],
  ["\n{{ empty | first }}", "site.j2:2: there is no such item"],
  ["{{ env.NOTHING }}", "site.j2:1: env.NOTHING is not set"],
  ["{% macro m(a) %}\n\n{{ a }}{% endmacro %}\n{{ m() }}", "site.j2:3: a is not defined"],
  ["{% macro m() %}\n\n{{ 1 }}{% endmacro %}\n{{ m() ~ nothing }}", "site.j2:4: nothing is not defined"],
  ["{{ 1 | nonsense }}", "site.j2:1: Unknown NumericValue filter: nonsense"],
  ["a\n{% include 'x' %}", "site.j2:2: Unknown statement type: include"],
  ["a\nb {{ ( }}\n{{ 1 }}", "site.j2:2: Unexpected token: CloseExpression"],
  ["a\n{% if http %}\nb\n", "site.j2:2: a block is not closed"],
  ["a\n{{ 'b }}\n", "site.j2:2: Unexpected end of input"],
  ["{{ raise_exception('no') }}", "site.j2:1: no"],
  ["{{ range(9999999) }}", "site.j2:1: range takes whole numbers and gives at most 100000"],
])("%j", (text, message) => {
  expect(problemOf(text)).toBe(message);
});
