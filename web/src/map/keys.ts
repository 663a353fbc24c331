// Where keys go in a grid of cells, as the ARIA practices have it.

export interface Place {
  row: number;
  column: number;
}

/** The cell that a key goes to, from a cell of a grid whose last cell is `last`; null for keys that go nowhere. */
export function goTo(key: string, whole: boolean, { row, column }: Place, last: Place): Place | null {
  const steps: Record<string, Place> = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    Home: { row: whole ? 0 : row, column: 0 },
    End: { row: whole ? last.row : row, column: last.column },
  };
  const to = steps[key];
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return to ? { row: within(to.row, last.row), column: within(to.column, last.column) } : null;
}
