import type { PolicyFolder } from "../permissions/read-policy.ts";
import { readText } from "../system/files.ts";
import { Accounts } from "./accounts.ts";
import type { Change } from "./change.ts";
import { editorFolders } from "./editor-policy.ts";
import type { Fill, LaunchFile } from "./launch-file.ts";
import { planFill } from "./plan-fill.ts";
import { planKeys } from "./plan-keys.ts";
import { planTemplate } from "./plan-template.ts";
import { readSettings, type Settings } from "./settings.ts";
import { computing } from "./signals.ts";
import type { Variables } from "./variables.ts";

export interface Configuring {
  readonly launch: LaunchFile;
  /** Of the launch file. */
  readonly file: string;
  readonly variables: Variables;
  /** Applies a change, or tells of it. */
  act(change: Change): void;
  /** Applies the permission policy, or tells what it would change. */
  share(folder: PolicyFolder): void;
  warn(message: string): void;
  /** Throws when the work is to end. */
  interrupt(): void;
}

/** All that comes before the prepare steps. A change that isn't applied is taken into account by those after it. */
export function configure(work: Configuring): Settings {
  const { launch, act, interrupt } = work;
  const filled: Fill[] = [];
  for (const fill of launch.fill) {
    const change = planFill(fill, interrupt);
    if (change === undefined) continue;
    act(change);
    if (planFill(fill, interrupt) !== undefined) filled.push(fill);
  }
  const located = (path: string) => {
    const fill = filled.find(({ to }) => path.startsWith(`${to}/`));
    return fill ? `${fill.from}${path.slice(fill.to.length)}` : path;
  };
  interrupt();
  const settings = computing(() => readSettings(launch, work.file, work.variables, located));
  const accounts = new Accounts();
  if (launch.re_configure)
    for (const template of launch.templates) {
      interrupt();
      const text = { file: template.source, text: readText(located(template.source)) };
      const change = computing(() => planTemplate(text, template, settings, accounts));
      if (change !== undefined) act(change);
    }
  if (launch.ssh && launch.ssh_config) {
    const ssh = { ...launch.ssh, keys: located(`${launch.ssh.keys}/`).slice(0, -1) };
    const { changes, warnings } = planKeys(ssh, accounts);
    warnings.forEach(work.warn);
    changes.forEach(act);
  }
  for (const folder of editorFolders(launch)) {
    interrupt();
    work.share(folder);
  }
  return settings;
}
