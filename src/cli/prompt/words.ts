import type { StepView } from "../../session/events.ts";
import type { Session } from "../../session/types.ts";

/** The Dockerfile reference's instructions, for completion. */
export const keywords = [
  "ADD",
  "ARG",
  "CMD",
  "COPY",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "FROM",
  "HEALTHCHECK",
  "LABEL",
  "ONBUILD",
  "RUN",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
];

export function stepNumbers(session: Session, wanted: (step: StepView) => boolean = () => true): string[] {
  return session
    .steps()
    .filter(wanted)
    .map((step) => String(step.number));
}
