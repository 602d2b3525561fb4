import { SlipwayError } from "../../errors.ts";
import type { BaseSpec } from "./suite.ts";

/**
 * The moment that stands for "now" in a reproducible image, seconds since 1970: SOURCE_DATE_EPOCH of the environment
 * (reproducible-builds.org), or else when the suite was released: its Release file's date, which a stable suite changes with a point
 * release only. Nothing in the image is younger.
 * Errors: SOURCE_DATE_UNKNOWN.
 */
export async function findSourceDate(
  { mirror, suite }: BaseSpec,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const given = env.SOURCE_DATE_EPOCH;
  if (given !== undefined && given !== "") return parseEpoch(given);
  const url = `${mirror}/dists/${suite}/Release`;
  const release = await fetchText(url, signal);
  const date = Date.parse(/^Date: (.+)$/m.exec(release)?.[1] ?? "");
  if (!Number.isNaN(date)) return Math.floor(date / 1000);
  throw unknownDate(`${url} has no date`);
}

function parseEpoch(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new SlipwayError(
    "SOURCE_DATE_UNKNOWN",
    `SOURCE_DATE_EPOCH must be seconds since 1970, not ${JSON.stringify(text)}`,
    { hint: "set it as `git log -1 --format=%ct` prints it, or unset it" },
  );
}

async function fetchText(url: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (response.ok) return await response.text();
    throw unknownDate(`${url} answers ${response.status}`);
  } catch (cause) {
    if (signal?.aborted || cause instanceof SlipwayError) throw cause;
    const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
    throw unknownDate(`${url} can't be read: ${reason}`, cause);
  }
}

function unknownDate(why: string, cause?: unknown): SlipwayError {
  return new SlipwayError("SOURCE_DATE_UNKNOWN", `the suite's release date can't be had: ${why}`, {
    hint: "choose another archive with --mirror URL, or set the date: SOURCE_DATE_EPOCH=SECONDS",
    cause,
  });
}
