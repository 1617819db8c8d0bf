/** A model as the Models API and the validation of requests know it. */
export interface Model {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly displayName: string;
  /** Such as `opus`; the API's field `line`. */
  readonly family: string;
  /** Released, RFC 3339. Assumed, but in the right order. */
  readonly createdAt: string;
  readonly outputTokensMax: number;
  readonly inputTokensMax: number;
  /** Whether the beta `output-300k-2026-03-24` raises `max_tokens` to 300,000. */
  readonly extendedOutput: boolean;
  /** Whether `thinking.type.enabled` is refused. Assumed: from Opus 4.7 on. */
  readonly adaptiveThinkingOnly: boolean;
}

export const EXTENDED_OUTPUT_BETA = 'output-300k-2026-03-24';
export const EXTENDED_OUTPUT_TOKENS_MAX = 300_000;

type Flag = 'extended' | 'adaptive';

// Assumed: every output limit but Haiku 4.5's (64,000), every context size and every date of release.
const ROWS: readonly (readonly [string, string, number, ...Flag[]])[] = [
  ['claude-fable-5-2', '2026-11-09', 128_000, 'adaptive'],
  ['claude-mythos-5-2', '2026-11-09', 128_000, 'adaptive'],
  ['claude-haiku-5-5', '2026-10-07', 128_000, 'extended', 'adaptive'],
  ['claude-sonnet-5-5', '2026-10-07', 128_000, 'extended', 'adaptive'],
  ['claude-opus-5-5', '2026-09-22', 128_000, 'extended', 'adaptive'],
  ['claude-fable-5-1', '2026-08-30', 128_000, 'adaptive'],
  ['claude-mythos-5-1', '2026-08-30', 128_000, 'adaptive'],
  ['claude-sonnet-5', '2026-07-20', 128_000, 'extended', 'adaptive'],
  ['claude-fable-5', '2026-07-10', 128_000, 'adaptive'],
  ['claude-mythos-5', '2026-07-10', 128_000, 'adaptive'],
  ['claude-opus-5', '2026-07-01', 128_000, 'extended', 'adaptive'],
  ['claude-opus-4-8', '2026-05-20', 128_000, 'extended', 'adaptive'],
  ['claude-opus-4-7', '2026-04-16', 128_000, 'extended', 'adaptive'],
  ['claude-mythos-preview', '2026-04-07', 128_000],
  ['claude-sonnet-4-6', '2026-02-17', 64_000, 'extended'],
  ['claude-opus-4-6', '2026-02-05', 128_000, 'extended'],
  ['claude-opus-4-5-20251101', '2025-11-01', 64_000],
  ['claude-haiku-4-5-20251001', '2025-10-01', 64_000],
  ['claude-sonnet-4-5-20250929', '2025-09-29', 64_000],
];

/** Every model of today, the newest first. */
export const MODELS: readonly Model[] = ROWS.map(([id, released, outputTokensMax, ...flags]) => {
  const alias = id.replace(/-\d{8}$/, '');
  return {
    id,
    aliases: alias === id ? [] : [alias],
    displayName: toDisplayName(alias),
    family: alias.split('-')[1] ?? '',
    createdAt: `${released}T00:00:00Z`,
    outputTokensMax,
    inputTokensMax: alias.endsWith('-4-5') ? 200_000 : 1_000_000,
    extendedOutput: flags.includes('extended'),
    adaptiveThinkingOnly: flags.includes('adaptive'),
  };
});

const BY_NAME = new Map(
  MODELS.flatMap((model) => [model.id, ...model.aliases].map((name) => [name, model] as const))
);

/** The model of this id or alias, or undefined where the API has none. */
export function findModel(name: string): Model | undefined {
  return BY_NAME.get(name);
}

/** The model as `GET /v1/models` shows it. Assumed: the order of fields; `capabilities` is left null. */
export function toModelInfo(model: Model): Record<string, unknown> {
  return {
    type: 'model',
    id: model.id,
    display_name: model.displayName,
    created_at: model.createdAt,
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: model.family,
    max_input_tokens: model.inputTokensMax,
    max_tokens: model.outputTokensMax,
    retires_at: null,
  };
}

// 'claude-opus-4-8' is shown as 'Claude Opus 4.8'.
function toDisplayName(alias: string): string {
  const words = alias.replace(/-(\d+)-(\d+)$/, ' $1.$2').split(/[- ]/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}
