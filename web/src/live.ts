import { effect, type Signal, signal } from '@preact/signals';

/** What was asked for: the answer, or why there is none, and whether it is from before a loss of the connection. */
export interface Answered<Answer> {
  readonly answer: Answer | undefined;
  readonly trouble: string | undefined;
}

/** Whether the daemon is heard; when it was last, Unix milliseconds. */
export const connection = signal<{ readonly alive: boolean; readonly heardMs: number }>({ alive: false, heardMs: 0 });
/** Grows with each change that the daemon tells. */
const changes = signal(0);

/** A page that has heard nothing for so long says that it is stale. */
const staleMs = 15_000;

/** Listens to the daemon as long as the page is open. */
export function listen(): void {
  const events = new EventSource('/api/v1/events');
  const heard = () => {
    connection.value = { alive: true, heardMs: Date.now() };
  };
  events.addEventListener('open', () => {
    heard();
    changes.value++; // whatever happened while nobody listened
  });
  events.addEventListener('alive', heard);
  events.addEventListener('changed', () => {
    heard();
    changes.value++;
  });
  events.addEventListener('error', () => {
    connection.value = { ...connection.value, alive: false };
  });
  setInterval(() => {
    if (Date.now() - connection.value.heardMs > staleMs) connection.value = { ...connection.value, alive: false };
  }, 1000);
}

/**
 * Follows one path of the API: fetched now and again after each change, never twice at once. Gives what to show, and how to
 * stop.
 */
export function follow<Answer>(path: string): { readonly asked: Signal<Answered<Answer>>; readonly stop: () => void } {
  const asked = signal<Answered<Answer>>({ answer: undefined, trouble: undefined });
  let isAsking = false;
  let isDue = false;
  let isOver = false;
  const ask = async () => {
    if (isAsking) {
      isDue = true;
      return;
    }
    isAsking = true;
    const next = await fetchJson<Answer>(path);
    isAsking = false;
    if (isOver) return;
    // What was known stays visible, with the reason why it is not newer.
    asked.value = next.trouble === undefined ? next : { answer: asked.peek().answer, trouble: next.trouble };
    if (!isDue) return;
    isDue = false;
    void ask();
  };
  const forget = effect(() => {
    changes.value;
    void ask();
  });
  return {
    asked,
    stop: () => {
      isOver = true;
      forget();
    },
  };
}

/** One answer of the API; never rejects. */
async function fetchJson<Answer>(path: string): Promise<Answered<Answer>> {
  try {
    const response = await fetch(path);
    const body = await response.json();
    return response.ok
      ? { answer: body as Answer, trouble: undefined }
      : { answer: undefined, trouble: String((body as { error?: unknown }).error ?? `HTTP ${response.status}`) };
  } catch {
    return { answer: undefined, trouble: 'The daemon does not answer.' };
  }
}
