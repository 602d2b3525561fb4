import { execa } from "execa";
import { formatPlatform, matchesPlatform } from "../../dockerfile/platform.ts";
import { SlipwayError } from "../../errors.ts";
import { type BasePlatform, thisMachine } from "./architecture.ts";

/**
 * Installing packages runs their scripts: for another platform this machine has to run its programs, and mmdebstrap asks Debian's
 * arch-test whether it does. Errors: PLATFORM_FOREIGN.
 */
export async function requireRunnable(platform: BasePlatform, env: Readonly<Record<string, string | undefined>>) {
  if (matchesPlatform(platform, thisMachine())) return;
  const asked = await execa("arch-test", [platform.debian], { env: { PATH: env.PATH ?? "" }, reject: false });
  if (asked.exitCode === 0) return;
  const name = formatPlatform(platform);
  const [why, hint] =
    asked.code === "ENOENT"
      ? ["arch-test is missing", "apt-get install --yes arch-test qemu-user-static   (as root)"]
      : [
          `this machine can't run programs for it`,
          "apt-get install --yes qemu-user-static   (as root), and see docs/platforms.md",
        ];
  throw new SlipwayError("PLATFORM_FOREIGN", `a base image for ${name} can't be made here: ${why}`, { hint });
}
