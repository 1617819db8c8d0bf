import { BODY, createChunkCutter, ELEMENT } from '../../../src/core/plan/chunks';

function cut(limits: { requestsMax: number; bytesMax: number }, sizes: number[]) {
  const cutter = createChunkCutter(limits);
  return { places: sizes.map((size) => cutter.place(size)), chunks: cutter.chunks };
}

describe('createChunkCutter', () => {
  test.each([
    {
      name: 'nothing',
      limits: { requestsMax: 2, bytesMax: 1e6 },
      sizes: [],
      places: [],
      chunks: 0,
    },
    {
      name: 'by count',
      limits: { requestsMax: 2, bytesMax: 1e6 },
      sizes: [1, 1, 1, 1, 1],
      places: [0, 0, 1, 1, 2],
      chunks: 3,
    },
    {
      name: 'by bytes',
      limits: { requestsMax: 100, bytesMax: 1000 },
      sizes: [300, 300, 300, 10, 800],
      places: [0, 0, 1, 1, 2],
      chunks: 3,
    },
    {
      name: 'too large alone, which changes nothing for the others',
      limits: { requestsMax: 100, bytesMax: 1000 },
      sizes: [10, 2000, 10],
      places: [0, null, 0],
      chunks: 1,
    },
  ])('cuts $name', ({ limits, sizes, places, chunks }) => {
    expect(cut(limits, sizes)).toEqual({ places, chunks });
  });

  test('a body never exceeds the limit, even with the longest ids', () => {
    const bytesMax = 1000;
    for (let size = 1; size < 950; size++) {
      const { places } = cut({ requestsMax: 100, bytesMax }, Array<number>(20).fill(size));
      const inFirst = places.filter((place) => place === 0).length;
      const element =
        ELEMENT.open + 'i'.repeat(64) + ELEMENT.middle + 'p'.repeat(size) + ELEMENT.close;
      const body = BODY.open + Array<string>(inFirst).fill(element).join(',') + BODY.close;
      expect(body.length).toBeLessThanOrEqual(bytesMax);
    }
  });
});
