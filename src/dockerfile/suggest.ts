/** The known word nearest to `word`, in its case, when it is near enough to be a slip of the finger. */
export function suggestWord(word: string, known: readonly string[], mostEdits = 2): string | undefined {
  const wanted = word.toLowerCase();
  if (known.some((candidate) => candidate.toLowerCase() === wanted)) return undefined;
  let nearest: string | undefined;
  let least = mostEdits + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    // With every letter changed it is another word.
    if (distance >= least || distance >= Math.max(wanted.length, candidate.length)) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest !== undefined && word === wanted ? nearest.toLowerCase() : nearest;
}

/** Damerau's and Levenshtein's: insertions, removals, substitutions, and neighbours that changed places, one each. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = last[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      let distance = Math.min(substitution, last[j]! + 1, row[j - 1]! + 1);
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (isSwapped) distance = Math.min(distance, beforeLast[j - 2]! + 1);
      row.push(distance);
    }
    [beforeLast, last] = [last, row];
  }
  return last[right.length]!;
}
