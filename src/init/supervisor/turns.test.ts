import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("works take turns, those that wait serve all, failures are their own", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string, failure?: Error) => async () => {
    log.push(`${name} begins`);
    await null;
    log.push(`${name} ends`);
    if (failure) throw failure;
  };
  const first = turns.run("a", work("a1", new Error("a1 failed")));
  expect(log).toEqual(["a1 begins"]);
  const second = turns.run("a", work("a2"));
  expect(turns.run("a", work("a3"))).toBe(second);
  const third = turns.run("b", work("b"));
  await expect(first).rejects.toThrow("a1 failed");
  await Promise.all([second, third]);
  expect(log).toEqual(["a1 begins", "a1 ends", "a2 begins", "a2 ends", "b begins", "b ends"]);
  await turns.run("a", work("a4"));
  expect(log.slice(6)).toEqual(["a4 begins", "a4 ends"]);
});
