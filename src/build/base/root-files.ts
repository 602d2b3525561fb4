import type { BaseSpec, BaseVariant } from "./suite.ts";
import { sourceLines } from "./suite.ts";

/** What the run of the bootstrap left behind and no package owns: it differs from run to run, or belongs to the machine that ran it. */
const traces = [
  /^dev\/./,
  /^(tmp|run|proc|sys)\/(?!lock$)./,
  /^etc\/(resolv\.conf|hostname|machine-id|\.pwd\.lock)$/,
  /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^etc\/apt\/sources\.list$/,
  /^etc\/(apt\/apt\.conf|dpkg\/dpkg\.cfg)\.d\/99mmdebstrap$/,
  /^var\/lib\/dbus\/machine-id$/,
  /^var\/lib\/apt\/lists\/(?!partial$)./,
  /^var\/lib\/systemd\/(random-seed|catalog\/database)$/,
  /^var\/cache\/(apt\/(archives\/(?!partial$).|.*\.bin$)|ldconfig\/aux-cache$|debconf\/.*-old$)/,
  /^var\/lib\/dpkg\/.*-old$/,
  /^var\/lib\/dpkg\/(lock|lock-frontend|triggers\/Lock)$/,
  /^var\/log\/(bootstrap|dpkg|alternatives|fontconfig)\.log$/,
  /^var\/log\/apt\/./,
  /^debootstrap(\/|$)/,
];

/** What `slim` leaves out: documentation, manual pages and translations. Licences stay, and so do the folders that packages expect. */
const slimmed =
  /^usr\/share\/(doc\/[^/]+\/(?!copyright$)|doc-base\/|info\/|lintian\/|linda\/|man\/(?!man\d$)|locale\/(?!locale\.alias$)|gnome\/help\/|omf\/)./;

export function keepsPath(path: string, variant: BaseVariant): boolean {
  return !traces.some((trace) => trace.test(path)) && (variant === "minbase" || !slimmed.test(path));
}

export interface RootFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** Files that make Debian behave well in an image, besides those of its packages. */
export function rootFiles(spec: BaseSpec): readonly RootFile[] {
  return [
    file("etc/apt/sources.list", sourceLines(spec)),
    file("etc/hostname", ["localhost"]),
    file("etc/resolv.conf", []),
    file("etc/apt/apt.conf.d/50slipway", [
      "// Packages and indexes are not worth keeping in a layer.",
      'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };',
      'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };',
      'Dir::Cache::pkgcache "";',
      'Dir::Cache::srcpkgcache "";',
      'Acquire::GzipIndexes "true";',
      'Acquire::Languages "none";',
      "// What was installed only because another package suggests it goes with --auto-remove.",
      'APT::AutoRemove::SuggestsImportant "false";',
    ]),
    file("etc/dpkg/dpkg.cfg.d/50slipway", [
      "# A build that loses power is run again: no need to wait for the disk.",
      "force-unsafe-io",
      ...(spec.variant === "slim" ? slimDpkgOptions : []),
    ]),
    {
      path: "usr/sbin/policy-rc.d",
      mode: 0o755,
      content: "#!/bin/sh\n# No service is started while packages are installed: a build has no init.\nexit 101\n",
    },
  ];
}

/** Packages that are installed later keep to the variant. */
const slimDpkgOptions = [
  "# Without documentation, manual pages and translations.",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/doc-base/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/lintian/*",
  "path-exclude=/usr/share/linda/*",
  "path-exclude=/usr/share/man/*",
  "path-include=/usr/share/man/man[1-9]",
  "path-exclude=/usr/share/locale/*",
  "path-include=/usr/share/locale/locale.alias",
  "path-exclude=/usr/share/gnome/help/*",
  "path-exclude=/usr/share/omf/*",
];

function file(path: string, lines: readonly string[]): RootFile {
  return { path, mode: 0o644, content: lines.map((line) => `${line}\n`).join("") };
}
