/** What kind of disk the simulated one is. */
export interface DiskTraits {
  /** As on macOS and Windows: `a` and `A` are one name, and so are NFC and NFD spellings. */
  readonly ignoresCase: boolean;
  /** Names are kept decomposed, as old Macs did. */
  readonly decomposes: boolean;
  /** Milliseconds; FAT has 2,000. */
  readonly timeStep: number;
  /** Whether a write within the same step shows in the time of change. */
  readonly showsEveryWrite: boolean;
  /** A file is known by its number wherever it is moved. */
  readonly keepsInodes: boolean;
  readonly hasModes: boolean;
  readonly hasSymlinks: boolean;
  /** Names that Windows can't hold are refused. */
  readonly hasWindowsNames: boolean;
  /** A program can have a file for itself: nobody else may read, replace or move it. */
  readonly locksFiles: boolean;
}

export const PLAIN_DISK: DiskTraits = {
  ignoresCase: false,
  decomposes: false,
  timeStep: 0.000001,
  showsEveryWrite: true,
  keepsInodes: true,
  hasModes: true,
  hasSymlinks: true,
  hasWindowsNames: false,
  locksFiles: false,
};

const MAC_DISK: DiskTraits = { ...PLAIN_DISK, ignoresCase: true, timeStep: 0.0001 };

const OLD_MAC_DISK: DiskTraits = {
  ...MAC_DISK,
  decomposes: true,
  timeStep: 1_000,
  showsEveryWrite: false,
};

const WINDOWS_DISK: DiskTraits = {
  ...PLAIN_DISK,
  ignoresCase: true,
  timeStep: 0.0001,
  hasModes: false,
  hasSymlinks: false,
  hasWindowsNames: true,
  locksFiles: true,
};

const COARSE_DISK: DiskTraits = { ...PLAIN_DISK, timeStep: 2_000 };

const FAT_DISK: DiskTraits = {
  ...WINDOWS_DISK,
  timeStep: 2_000,
  showsEveryWrite: false,
  keepsInodes: false,
  locksFiles: false,
};

/** Those that simulations run on. */
export const DISKS = {
  plain: PLAIN_DISK,
  'of a Mac': MAC_DISK,
  'of an old Mac': OLD_MAC_DISK,
  'of Windows': WINDOWS_DISK,
  'with coarse times': COARSE_DISK,
  'of FAT kind': FAT_DISK,
} as const;

/** One of them by a number, all in turn. */
export function diskOf(number: number): DiskTraits {
  const all = Object.values(DISKS);
  return all[number % all.length] ?? PLAIN_DISK;
}
