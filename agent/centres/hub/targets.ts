import { RetryLater, TellOperator } from '../../../base/errors.ts';
import { readTargetList } from '../../../protocol/targets.ts';
import { type HttpClient, parseJson } from '../http.ts';
import { answerFault, type TargetSource } from '../target-source.ts';
import type { TokenSource } from '../token.ts';

/** The targets of a hub. One that knows no such list, an older one, has none. */
export function hubTargets(destination: string, url: string, token: TokenSource, http: HttpClient): TargetSource {
  return {
    destination,
    async targets(signal) {
      const address = `${url.replace(/\/+$/, '')}/v1/targets`;
      const { status, body } = await http.json(address, `Bearer ${token()}`, undefined, signal);
      if (status === 404) return [];
      if (status === 401 || status === 403) {
        throw new TellOperator('HUB_REFUSES', `The hub ${url} refuses this site (HTTP ${status}): check its token.`);
      }
      const found = readTargetList(parseJson(body));
      if (status === 200 && found) return found.targets;
      throw new RetryLater(answerFault, `The answer of ${address} is no list of targets (HTTP ${status}).`);
    },
  };
}
