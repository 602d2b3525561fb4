import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One way to keep children running. */
export interface Supervisor {
  readonly name: string;
  /** Writes what it needs into the folder; returns the command line that runs so many children. */
  prepare(folder: string, script: string, count: number): readonly string[];
  /** A command line that makes it stop everything; without one, SIGTERM does. */
  stop?(folder: string): readonly string[];
  /** The signal that makes it stop everything. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Slipway's own first. */
export function findSupervisors(slipway: string): readonly Supervisor[] {
  return [slipwayInit(initBinary(slipway)), supervisord, s6, runit, pm2Runtime];
}

/** Path of the built slipway-init for this machine. */
export function initBinary(slipway: string): string {
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  return join(dirname(slipway), `../agent/slipway-init-linux-${architecture}`);
}

function slipwayInit(binary: string): Supervisor {
  return {
    name: "slipway-init",
    prepare(folder, script, count) {
      const file = join(folder, "circus.ini");
      writeFileSync(
        file,
        `[circus]\nendpoint = ${folder}/control\n[watcher:child]\ncmd = /bin/sh -c "${script.replaceAll("$", "$$")}"\nnumprocesses = ${count}\n`,
      );
      return [binary, "circusd", file];
    },
  };
}

const supervisord: Supervisor = {
  name: "supervisord",
  prepare(folder, script, count) {
    const file = join(folder, "supervisord.conf");
    const lines = [
      "[supervisord]",
      `logfile=${folder}/supervisord.log`,
      `pidfile=${folder}/supervisord.pid`,
      `childlogdir=${folder}`,
      "[program:child]",
      `command=/bin/sh -c "${script}"`,
      `numprocs=${count}`,
      "process_name=child-%(process_num)03d",
      "startsecs=0",
      "autorestart=true",
      "",
    ];
    writeFileSync(file, lines.join("\n"));
    return ["supervisord", "--nodaemon", "--configuration", file];
  },
};

const s6: Supervisor = {
  name: "s6-svscan",
  prepare: (folder, script, count) => ["s6-svscan", writeServices(folder, script, count)],
  stop: (folder) => ["s6-svscanctl", "-t", join(folder, "services")],
};

const runit: Supervisor = {
  name: "runsvdir",
  prepare: (folder, script, count) => ["runsvdir", writeServices(folder, script, count)],
  // SIGTERM leaves the services running.
  stopSignal: "SIGHUP",
};

/** As s6 and runit have it: a folder for each service, with a program `run`. */
function writeServices(folder: string, script: string, count: number): string {
  const services = join(folder, "services");
  for (let index = 0; index < count; index++) {
    const run = join(services, `child-${index}`, "run");
    mkdirSync(dirname(run), { recursive: true });
    writeFileSync(run, `#!/bin/sh\n${script}\n`);
    chmodSync(run, 0o755);
  }
  return services;
}

const pm2Runtime: Supervisor = {
  name: "pm2-runtime",
  prepare(folder, script, count) {
    const child = join(folder, "child.sh");
    writeFileSync(child, `#!/bin/sh\n${script}\n`);
    chmodSync(child, 0o755);
    const file = join(folder, "ecosystem.config.json");
    const app = { name: "child", script: child, interpreter: "none", instances: count, exec_mode: "fork" };
    writeFileSync(file, JSON.stringify({ apps: [app] }));
    const program = join(process.env.PM2_FOLDER!, "node_modules/.bin/pm2-runtime");
    return ["env", `PM2_HOME=${folder}/pm2`, program, file];
  },
};
