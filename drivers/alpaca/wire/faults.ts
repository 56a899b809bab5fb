import { type EdgeError, Parked, RetryLater, TellOperator } from '../../../base/errors.ts';

/** The error numbers of the specification that ask for a reaction of their own. */
const alpacaErrors = {
  notImplemented: 0x400,
  invalidValue: 0x401,
  valueNotSet: 0x402,
  notConnected: 0x407,
  parked: 0x408,
  slaved: 0x409,
  invalidOperation: 0x40b,
  actionNotImplemented: 0x40c,
} as const;

const names = new Map<number, string>(Object.entries(alpacaErrors).map(([name, number]) => [number, name]));

/**
 * The device's own error as one of ours. What a device cannot or may not do it will not do later either; the rest may
 * pass. Codes are `ALPACA_` and the number in hexadecimal.
 */
export function alpacaFault(device: string, errorNumber: number, message: string): EdgeError {
  const code = `ALPACA_0X${errorNumber.toString(16).toUpperCase()}`;
  const name = names.get(errorNumber);
  const said = message.trim().slice(0, 300) || name || 'no reason given';
  switch (errorNumber) {
    case alpacaErrors.notImplemented:
    case alpacaErrors.actionNotImplemented:
    case alpacaErrors.invalidValue:
      return new Parked(code, `${device} refuses: ${said}.`);
    case alpacaErrors.slaved:
      return new TellOperator(code, `${device} is slaved to another device and obeys only that: ${said}.`);
    default:
      return new RetryLater(code, `${device} reports the error ${code.slice(7)}: ${said}.`);
  }
}
