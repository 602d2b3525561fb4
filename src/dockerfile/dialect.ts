/** What BuildKit's releases do differently with the same Dockerfile. */
export interface Dialect {
  /** A stage's RUN history names the ARGs of the stage that it starts from. */
  readonly inheritsArgsInHistory: boolean;
  /** An ARG declared twice appears once in the history of RUN. */
  readonly joinsRepeatedArgsInHistory: boolean;
  /** The history of ARG shows the value that holds, instead of the default as written. */
  readonly showsArgValuesInHistory: boolean;
  /** The history of COPY and ADD shows --chown, --chmod and --parents. */
  readonly showsCopyFlagsInHistory: boolean;
  /** The history of EXPOSE is a list of ports, instead of a map of them. */
  readonly listsPortsInHistory: boolean;
  /** HEALTHCHECK knows --start-interval, which is then part of its history. */
  readonly healthStartInterval: boolean;
  /** The history of HEALTHCHECK names its fields. */
  readonly namesHealthFieldsInHistory: boolean;
  /** TARGETSTAGE, TARGETOSVERSION and BUILDOSVERSION are predefined. */
  readonly predefinesTargetStage: boolean;
  /** Variables in --chmod are expanded; before, a --chmod that is no octal number did nothing. */
  readonly expandsChmod: boolean;
  /** In `ARG A=1 B=$A`, B sees A; before, all were expanded against the state before the instruction, their names too. */
  readonly expandsArgsInTurn: boolean;
  /** A command's supplementary groups hold its primary one too; programs other than coreutils' `id` show the difference. */
  readonly listsPrimaryGroup: boolean;
  /** The proxy ARG ALL_PROXY reaches RUN. */
  readonly allProxy: boolean;
}

/** Docker 20.10, BuildKit 0.8. */
const v0_8: Dialect = {
  inheritsArgsInHistory: false,
  joinsRepeatedArgsInHistory: false,
  showsArgValuesInHistory: false,
  showsCopyFlagsInHistory: false,
  listsPortsInHistory: false,
  healthStartInterval: false,
  namesHealthFieldsInHistory: false,
  predefinesTargetStage: false,
  expandsChmod: false,
  expandsArgsInTurn: false,
  listsPrimaryGroup: false,
  allProxy: false,
};

/** Docker 23 and 24, BuildKit 0.10 and 0.11. */
const v0_10: Dialect = { ...v0_8, listsPrimaryGroup: true };

/** Docker 25 and 26, BuildKit 0.12 and 0.13. */
const v0_13: Dialect = { ...v0_10, showsCopyFlagsInHistory: true, healthStartInterval: true, allProxy: true };

const current: Dialect = {
  inheritsArgsInHistory: true,
  joinsRepeatedArgsInHistory: true,
  showsArgValuesInHistory: true,
  showsCopyFlagsInHistory: true,
  listsPortsInHistory: true,
  healthStartInterval: true,
  namesHealthFieldsInHistory: true,
  predefinesTargetStage: true,
  expandsChmod: true,
  expandsArgsInTurn: true,
  listsPrimaryGroup: true,
  allProxy: true,
};

export const dialects = { "0.8": v0_8, "0.10": v0_10, "0.13": v0_13, current } as const;

/** The dialect of the BuildKit inside a Docker engine of this version (`20.10.24+dfsg1`). */
export function dialectOfDocker(version: string): Dialect {
  const major = Number.parseInt(version, 10);
  if (major < 23) return v0_8;
  if (major < 25) return v0_10;
  return major < 27 ? v0_13 : current;
}
