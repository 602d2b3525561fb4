import { existsSync, readFileSync, truncateSync } from "node:fs";
import { expect, test } from "vitest";
import { initOf, makeProject, until } from "./launch-project.ts";

/** A step that gets ready, says so by a file of its name in the data folder, and goes on. */
const step = (name: string, before: string, after: string) =>
  `  - name: ${name}\n    command: |\n${[before, `touch "$SLIPWAY_DATA/${name}"`, after].join("\n").replace(/^/gm, "      ")}\n`;

const forever = "while :; do sleep 0.05; done";

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
  ["SIGHUP", 129],
] as const)("as PID 1: %s goes to the prepare step and ends the launch with %i", async (signal, exitCode) => {
  using project = makeProject(
    `prepare:\n${step("waits", `trap 'touch "$SLIPWAY_DATA/trapped"; exit 0' TERM INT HUP`, forever)}${step("never", "", "")}`,
  );
  const running = project.start(["launch", "--", "echo", "no"]);
  const init = await initOf(running);
  await until(() => existsSync(project.path("data/waits")), "the step");
  process.kill(init, signal);
  expect(await running).toMatchObject({ exitCode, stdout: "" });
  expect(existsSync(project.path("data/trapped"))).toBe(true);
  expect(existsSync(project.path("data/never"))).toBe(false);
});

test("a step that doesn't listen is killed with all its children", async () => {
  using project = makeProject(`prepare:\n${step("deaf", `trap '' TERM\nsh -c "trap '' TERM; sleep 1000" &`, forever)}`);
  const running = project.start(["launch", "--", "echo", "no"]);
  const init = await initOf(running);
  await until(() => existsSync(project.path("data/deaf")), "the step");
  process.kill(init, "SIGTERM");
  expect(await running).toMatchObject({ exitCode: 143, stdout: "" });
});

test("SIGUSR1 goes to the step, and the launch goes on", async () => {
  using project = makeProject(`prepare:\n${step("waits", "trap 'echo asked; exit 0' USR1", forever)}`);
  const running = project.start(["launch", "--", "echo", "done"]);
  const init = await initOf(running);
  await until(() => existsSync(project.path("data/waits")), "the step");
  process.kill(init, "SIGUSR1");
  expect(await running).toMatchObject({ exitCode: 0, stdout: "asked\ndone" });
});

test("orphans of a step are reaped", async () => {
  using project = makeProject(
    `prepare:\n${step("leaves", "(sleep 0.1 &) ; (sleep 0.2 &)", "")}${step("looks", "sleep 0.5", "grep -h '^State' /proc/[0-9]*/status")}`,
  );
  const ended = await project.start(["launch", "--", "true"]);
  expect(ended.exitCode).toBe(0);
  expect(ended.stdout).toContain("State:");
  expect(ended.stdout).not.toContain("zombie");
});

test("SIGTERM ends a fill, and the next launch does it from the beginning", async () => {
  using project = makeProject("fill:\n  - { from: image, to: media }\nprepare:\n  - { command: echo done }\n");
  // A hole that takes long to copy.
  project.write({ "project/image/file": "" });
  truncateSync(project.path("project/image/file"), 16 * 2 ** 30);
  const running = project.start(["launch", "--", "true"]);
  const init = await initOf(running);
  await until(() => existsSync(project.path("data/media/.slipway-filling/file")), "the copy");
  process.kill(init, "SIGTERM");
  expect(await running).toMatchObject({ exitCode: 143, stdout: "" });

  project.write({ "project/image/file": "small" });
  expect(await project.run(["launch", "--", "true"])).toMatchObject({ exitCode: 0, stdout: "done" });
  expect(readFileSync(project.path("data/media/file"), "utf8")).toBe("small");
  expect(existsSync(project.path("data/media/.slipway-filling"))).toBe(false);
});

test("the supervisor takes over the process, and stops as PID 1", async () => {
  using project = makeProject(
    "templates:\n  - { source: circus.ini.j2, target: circus.ini }\nsupervisor: circus.ini\n",
    {
      "project/circus.ini.j2":
        "[circus]\nendpoint = {{ launch.data }}/control\n[watcher:app]\ncmd = sh -c 'echo up; exec sleep 1000'\n",
    },
  );
  const running = project.start(["launch"]);
  const init = await initOf(running);
  const read = (name: string) => readFileSync(`/proc/${init}/${name}`, "utf8");
  await until(() => read("cmdline").startsWith("circusd"), "circusd");
  expect(read("cmdline")).toBe(`circusd\0${project.path("project/circus.ini")}\0`);
  expect(read("comm")).toMatch(/^slipway-init/);
  await until(() => existsSync(project.path("data/control")), "its socket");
  process.kill(init, "SIGTERM");
  expect((await running).exitCode).toBe(0);
});
