import { splitTag } from "../engine/reference.ts";

/** The builders want a tag in every name. */
export function imageName(reference: string): string {
  const { repository, tag } = splitTag(reference);
  return `${repository}:${tag}`;
}
