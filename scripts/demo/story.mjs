// What the demo types, and what has to come.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasImage } from "../engine-api.mjs";

const base = "debian:bookworm";
const shellPrompt = /\$ $/;
const sessionPrompt = /\(slipway\) $/;

/** Plays the story in `folder`, which holds a copy of examples/; gives the final image the name `tag`. */
export async function playStory(terminal, engine, folder, tag) {
  const { narrate } = terminal;
  const shell = async (line) => expectSuccess(line, await ask(terminal, line, shellPrompt, /(\d*)\$ $/));
  const session = (line, expected) => ask(terminal, line, sessionPrompt, expected);
  await terminal.expect(shellPrompt);

  if (engine.own) {
    await narrate("No container engine answers here: Slipway starts one of its own.");
    const [address] = await ask(terminal, "slipway engine start", shellPrompt, /unix:\/\/\S+/);
    engine.host = address;
  }
  if (!(await hasImage(engine.host, base))) {
    await narrate("A base image, from Debian's packages.");
    await shell(`slipway base ${base}`);
  }

  await narrate("The guestbook: a C program behind nginx. Its Dockerfile becomes a live session.");
  await ask(terminal, "slipway hack examples/guestbook", sessionPrompt);
  await session("list", /RUN nginx -t/);

  await narrate("Run its steps in a live container. One of them fails.");
  await session("continue", /Permission denied/);

  await narrate("What is wrong? Look around, in the very state that the step left.");
  await session("diff");
  await session("run ls -ld /var/lib/guestbook", /root root/);

  await narrate("The folder belongs to root, the program runs as www-data. Repair it by hand, and try.");
  await session("run chown www-data: /var/lib/guestbook");
  await session("run runuser -u www-data -- /usr/lib/cgi-bin/guestbook check", /takes entries/);

  await narrate("It helps: make the repair an instruction, and go on.");
  await ask(terminal, "adopt", /adopt> $/, /chown/);
  // An empty answer takes what is suggested: the command that changed something.
  await session("");
  await session("continue");
  await session("list");

  await narrate("Put the Dockerfile back on disk: only the new line differs.");
  await session("write");
  expectAdopted(readFileSync(join(folder, "examples/guestbook/Dockerfile"), "utf8"));

  await narrate("The proof: rebuild from scratch, tag, run.");
  const [, address] = await session(`finish --tag ${tag} --run`, /(\d+\.\d+\.\d+\.\d+)/);
  await showPage(`http://${address}/`, narrate);

  await shell("quit --rm");
  await terminal.type("exit");
}

/** Types a line and waits for the next prompt; gives what `expected` matched in between. */
async function ask({ type, expect }, line, prompt, expected = /^/) {
  await type(line);
  const answer = await expect(prompt);
  const match = expected.exec(answer);
  if (!match) throw new Error(`After \`${line}\`, ${expected} should have come; this came:\n${answer}`);
  return match;
}

/** The shell's prompt carries the exit status of the last command unless that is 0. */
function expectSuccess(line, [, status]) {
  if (status !== "") throw new Error(`\`${line}\` ended with exit status ${status}.`);
}

function expectAdopted(dockerfile) {
  if (!/^RUN chown www-data: \/var\/lib\/guestbook$/m.test(dockerfile)) {
    throw new Error(`The repair isn't in the Dockerfile that was written:\n${dockerfile}`);
  }
}

/** Signs the guestbook of the running application, then reads it. */
async function showPage(url, narrate) {
  const body = new URLSearchParams({ name: "The demo", message: "Built by hand, proved from scratch." });
  const page = await (await fetchPatiently(url, { method: "POST", body })).text();
  await narrate(`GET ${url}\n${page}`);
  if (!page.includes("proved from scratch")) throw new Error(`${url} doesn't show the entry:\n${page}`);
}

/** The web server needs a moment after its container has started. */
async function fetchPatiently(url, options) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, options);
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      return response;
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
