/** Two folders that one program keeps the same. */
export interface FolderPair extends AsyncDisposable {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** From now on both are kept the same; what is there already is carried over. */
  start(): Promise<void>;
  /** Carries over what changed at the left. Programs that watch answer at once. */
  carry(): Promise<void>;
}
