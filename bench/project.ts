import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A step that is other than usual. */
export interface Changed {
  /** Counted from 1, FROM not being one. */
  readonly step: number;
  readonly text: string;
}

/** A build context in `folder` whose Dockerfile has FROM and `steps` small instructions, most of them RUN. */
export function writeProject(folder: string, steps: number, changed?: Changed): string {
  writeFiles(folder, { "settings.ini": "[app]\nname = bench\n", Dockerfile: dockerfile(steps, changed) });
  return folder;
}

/** Writes files, by name, into a folder that need not exist. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function dockerfile(steps: number, changed: Changed | undefined): string {
  const instructions = Array.from({ length: steps }, (_, index) => {
    const step = index + 1;
    if (step === changed?.step) return changed.text;
    if (step % 10 === 3) return `ENV STEP_${step}=done`;
    if (step % 10 === 6) return `COPY settings.ini /app/settings-${step}.ini`;
    if (step % 10 === 9) return `WORKDIR /app/${step}`;
    return `RUN echo ${step} > /step-${step}`;
  });
  return ["FROM debian:bookworm", ...instructions, ""].join("\n");
}
