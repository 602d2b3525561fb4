import type { Session } from "../types.ts";
import type { SessionSecrets } from "./session-secrets.ts";

/** The Dockerfile's own text, which goes back to its file, and bytes that come masked already. */
const untouched: ReadonlySet<PropertyKey> = new Set(["text", "outsideMerge", "output"]);

/** The session with every secret masked in what its methods answer and in the errors that they throw. */
export function veilSession(session: Session, secrets: SessionSecrets): Session {
  return new Proxy(session, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return untouched.has(name) ? member : secrets.hide(member);
      return (...given: readonly unknown[]) => {
        try {
          const answer: unknown = member.apply(target, given);
          const veil = (value: unknown) => (untouched.has(name) ? value : secrets.hide(value));
          if (!(answer instanceof Promise)) return veil(answer);
          return answer.then(veil, (error) => {
            throw secrets.hideInError(error);
          });
        } catch (error) {
          throw secrets.hideInError(error);
        }
      };
    },
  });
}
