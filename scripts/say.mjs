// How the scripts talk: progress on standard error, so that standard output holds results only.

export function say(message) {
  process.stderr.write(`> ${message}\n`);
}

export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
