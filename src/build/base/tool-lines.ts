/** What mmdebstrap, debootstrap, apt and dpkg print while they work, in a few words; undefined for what is not worth showing. */
export function describeToolLine(line: string): string | undefined {
  for (const [pattern, describe] of descriptions) {
    const match = pattern.exec(line);
    if (match !== null) return describe(match);
  }
  return undefined;
}

const descriptions: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  // apt: Get:12 http://deb.debian.org/debian bookworm/main amd64 libacl1 amd64 2.3.1-3 [29.3 kB]
  [/^Get:\d+ \S+ \S+ \S+ (\S+) \S+ (\S+) \[/, ([, name, version]) => `fetching ${name} ${version}`],
  [/^Get:\d+ \S+ (\S+) (InRelease|Release|Packages)/, ([, suite, index]) => `fetching ${suite} ${index}`],
  [/^Unpacking (\S+?)(?::\S+)? \(/, ([, name]) => `unpacking ${name}`],
  [/^Setting up (\S+?)(?::\S+)? \(/, ([, name]) => `setting up ${name}`],
  // debootstrap: I: Retrieving libacl1 2.3.1-3
  [
    /^I: (Retrieving|Validating|Extracting|Unpacking|Configuring) (\S+?)(?:\.\.\.)?(?: \S+)?$/,
    ([, verb, name]) => `${verb!.toLowerCase()} ${name}`,
  ],
  [
    /^I: (cleaning|creating|extracting|downloading|installing|running) (.*?)(?:\.\.\.)?$/,
    ([, verb, what]) => `${verb} ${what}`,
  ],
];
