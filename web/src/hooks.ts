import { useEffect, useMemo } from 'preact/hooks';
import { type Answered, follow } from './live.ts';

/** What a path of the API answers, followed as long as the component is shown. */
export function useAnswer<Answer>(path: string): Answered<Answer> {
  const following = useMemo(() => follow<Answer>(path), [path]);
  useEffect(() => following.stop, [following]);
  return following.asked.value;
}
