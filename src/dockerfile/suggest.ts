/** The known word nearest to `word`, in its case, when it is near enough to be a slip of the finger: two edits at most. */
export function suggestWord(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  if (known.some((candidate) => candidate.toLowerCase() === wanted)) return undefined;
  let nearest: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest !== undefined && word === wanted ? nearest.toLowerCase() : nearest;
}

/** Levenshtein's: insertions, removals and substitutions of one character. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = above[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[right.length]!;
}
