/** The words that are spelt most like one, the nearest first, at most three; none where all are far from it. */
export function nearestWords(asked: string, words: Iterable<string>): string[] {
  const plain = asked.toLowerCase();
  const most = Math.max(1, Math.floor(plain.length / 3));
  return [...words]
    .map((word) => ({ word, steps: editSteps(plain, word.toLowerCase()) }))
    .filter(({ steps }) => steps <= most)
    .sort((a, b) => a.steps - b.steps || (a.word < b.word ? -1 : 1))
    .slice(0, 3)
    .map(({ word }) => word);
}

/** Letters to put in, take out, change or swap with their neighbour to get from one word to another (Damerau). */
function editSteps(from: string, to: string): number {
  let twoBack: number[] = [];
  let before = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const steps = Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (isSame ? 0 : 1));
      row.push(isSwap ? Math.min(steps, twoBack[j - 2]! + 1) : steps);
    }
    [twoBack, before] = [before, row];
  }
  return before[to.length]!;
}
