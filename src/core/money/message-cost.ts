import type { ReportUsage } from '../../contract/public';
import { parseUsage } from '../collect/usage';
import { costPicoUsd } from './cost';

export interface MessageCost {
  readonly usage: ReportUsage;
  /** Exact; null when the model's price is not known. */
  readonly picoUsd: bigint | null;
}

/**
 * Reads what one message of the API used, and prices it at batch prices.
 *
 * @param message - As it came: what it does not say counts as nothing used.
 */
export function costOfMessage(message: unknown): MessageCost {
  const { model, usage: given } = toObject(message);
  const usage = parseUsage(given);
  return { usage, picoUsd: costPicoUsd(model, usage, toObject(given)['inference_geo']) };
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
