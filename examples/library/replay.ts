// Replays the Dockerfile beside it, finds the step that fails, mends it in the session, and goes on from there.
import { text } from "node:stream/consumers";
import { openSession, type SessionEvent, SlipwayError } from "slipway";

const context = process.argv[2] ?? ".";

function report(event: SessionEvent): void {
  switch (event.type) {
    case "step-finished":
      console.log(`${event.step.status} ${event.step.summary}`);
      break;
    case "output":
      process.stdout.write(event.data);
      break;
    case "notice":
      console.error(event.message);
      break;
  }
}

try {
  await using session = await openSession({ context, onEvent: report });
  const reason = await session.continue();
  const failed = session.steps().find((step) => step.status === "failed");
  if (reason === "failure" && failed !== undefined) {
    console.log(`step ${failed.number} printed: ${(await text(await session.output(failed.number))).trim()}`);
    // By hand first, as one would look around in a shell; then as an instruction.
    await session.run("ls");
    await session.replace(failed.number, "RUN grep -q Hello greeting.txt");
    await session.continue();
  }
  console.log(`an image of it: ${await session.tag("slipway-example-library:latest")}`);
  await session.close({ remove: true });
} catch (error) {
  if (!(error instanceof SlipwayError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
}
