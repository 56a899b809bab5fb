/**
 * Where requests come from: a hub's link, a list that is asked for, a file. A source hands what it hears to the desk
 * (with its cursor, where the centre numbers its messages) and is told when there is something to tell its centre.
 */
export interface RequestSource {
  /** The id of the destination, under which its requests are kept. */
  readonly destination: string;
  /** Requests of this source changed: read `unreported` at the desk and tell the centre. Never throws. */
  report(): void;
}
