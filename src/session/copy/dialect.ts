/** What BuildKit's releases do differently with the files of COPY and ADD. */
export interface CopyDialect {
  /** `ADD --chown` of an archive changes the owner of what it holds, not only of the folder that it is unpacked into. */
  readonly chownsUnpacked: boolean;
  /** An octal `--chmod` is also the mode of the folders made on the way. */
  readonly chmodsParents: boolean;
  /** Devices and named pipes are copied; before, devices became empty files and pipes were left out. */
  readonly copiesSpecialFiles: boolean;
  readonly unpacksZstd: boolean;
  /** `--link` makes a layer of its own, which sees nothing of the files below it. Otherwise it has no effect. */
  readonly linksLayers: boolean;
}

/** Docker 20.10, BuildKit 0.8. */
const v0_8: CopyDialect = {
  chownsUnpacked: false,
  chmodsParents: false,
  copiesSpecialFiles: false,
  unpacksZstd: false,
  linksLayers: false,
};

/** Docker 23 to 27, BuildKit 0.10 to 0.20. */
const v0_10: CopyDialect = { ...v0_8, copiesSpecialFiles: true, unpacksZstd: true };

const current: CopyDialect = {
  chownsUnpacked: true,
  chmodsParents: true,
  copiesSpecialFiles: true,
  unpacksZstd: true,
  linksLayers: true,
};

export const copyDialects = { "0.8": v0_8, "0.10": v0_10, current } as const;

/**
 * The dialect of the BuildKit inside a Docker engine of this version (`20.10.24+dfsg1`). Its merge operation, which --link
 * needs, works with the containerd image store only.
 */
export function copyDialectOfDocker(version: string, containerdStore: boolean): CopyDialect {
  const major = Number.parseInt(version, 10);
  const dialect = major < 23 ? v0_8 : major < 28 ? v0_10 : current;
  return { ...dialect, linksLayers: containerdStore && major >= 23 };
}
