import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A build context in `folder` whose Dockerfile has FROM and `steps` small instructions, most of them RUN. */
export function writeProject(folder: string, steps: number, fifth?: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "settings.ini"), "[app]\nname = bench\n");
  writeFileSync(join(folder, "Dockerfile"), dockerfile(steps, fifth));
  return folder;
}

function dockerfile(steps: number, fifth: string | undefined): string {
  const instructions = Array.from({ length: steps }, (_, index) => {
    const step = index + 1;
    if (step === 5 && fifth !== undefined) return fifth;
    if (step % 10 === 3) return `ENV STEP_${step}=done`;
    if (step % 10 === 6) return `COPY settings.ini /app/settings-${step}.ini`;
    if (step % 10 === 9) return `WORKDIR /app/${step}`;
    return `RUN echo ${step} > /step-${step}`;
  });
  return ["FROM debian:bookworm", ...instructions, ""].join("\n");
}
