// How layers are shown, besides their colours.

export interface Look {
  hidden: ReadonlySet<string>;
  /** How much of a layer is seen, where that is not all. */
  opacity: Readonly<Record<string, number>>;
}
