import { useEffect, useMemo } from 'preact/hooks';
import { type Asked, follow } from './live.ts';

/** What a path of the API answers, followed as long as the component is shown. */
export function useAnswer<Answer>(path: string): Asked<Answer> {
  const following = useMemo(() => follow<Answer>(path), [path]);
  useEffect(() => following.stop, [following]);
  return following.asked.value;
}
