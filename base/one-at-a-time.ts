/** Gives a function that does pieces of work one after the other, in the order they came, whatever becomes of each. */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined); // whoever gave the work hears of it
    return next;
  };
}
