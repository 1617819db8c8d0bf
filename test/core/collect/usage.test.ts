import { addUsage, emptyUsage, parseUsage } from '../../../src/core/collect/usage';

describe('parseUsage', () => {
  test('reads what is there and takes everything else as 0', () => {
    expect(
      parseUsage({ input_tokens: 3, output_tokens: null, server_tool_use: null, x: 1 })
    ).toEqual({ ...emptyUsage(), input_tokens: 3 });
    for (const usage of [undefined, null, 'x', []]) expect(parseUsage(usage)).toEqual(emptyUsage());
    expect(parseUsage({ input_tokens: -1, output_tokens: 1.5 })).toEqual(emptyUsage());
  });

  test('a cache write without its breakdown is a five-minute one', () => {
    expect(parseUsage({ cache_creation_input_tokens: 7 }).cache_creation).toEqual({
      ephemeral_5m_input_tokens: 7,
      ephemeral_1h_input_tokens: 0,
    });
    const cache_creation = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 };
    expect(parseUsage({ cache_creation_input_tokens: 7, cache_creation }).cache_creation).toEqual(
      cache_creation
    );
  });
});

describe('addUsage', () => {
  test('adds every field', () => {
    const sum = emptyUsage();
    const usage = parseUsage({
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: 7,
      cache_read_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 2 },
      server_tool_use: { web_search_requests: 6, web_fetch_requests: 8 },
    });
    addUsage(sum, usage);
    expect(sum).toEqual(usage);
    addUsage(sum, usage);
    expect(sum).toMatchObject({ input_tokens: 2, server_tool_use: { web_fetch_requests: 16 } });
    expect(sum.cache_creation.ephemeral_1h_input_tokens).toBe(4);
  });
});
