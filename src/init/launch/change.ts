/** Something that is not as it should be. */
export interface Change {
  /** One line: `write /etc/x`. */
  readonly summary: string;
  /** What would change, for people, without secrets. */
  diff(): string;
  apply(): void;
}
