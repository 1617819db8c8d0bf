/** Finds duplicates among any number of strings. */
export interface IdTable {
  /**
   * Adds an id with its line.
   *
   * @returns The line of the same id that was added first; 0 when there was none.
   */
  add(id: string, line: number): number;
}

const SLOTS_MIN = 1024;
const LANES = 4;

/**
 * Makes an empty table.
 *
 * It keeps 96 bits of hash and the line, 16 bytes for an id of any length outside the JavaScript heap: a `Map` of ten
 * million ids would take gigabytes, and one of seventeen million can't be. Among ten million ids, two with the same hash
 * have a chance of 1 in 10^15; the job would be refused, not run wrongly.
 */
export function createIdTable(): IdTable {
  let slots = SLOTS_MIN;
  let used = 0;
  let table = new Uint32Array(slots * LANES);
  const hash = new Uint32Array(3);

  const grow = (): void => {
    const old = table;
    slots *= 2;
    table = new Uint32Array(slots * LANES);
    for (let from = 0; from < old.length; from += LANES) {
      if (old[from + 3] === 0) continue;
      let to = ((old[from] ?? 0) & (slots - 1)) * LANES;
      while (table[to + 3] !== 0) to = (to + LANES) % table.length;
      for (let lane = 0; lane < LANES; lane++) table[to + lane] = old[from + lane] ?? 0;
    }
  };

  return {
    add: (id, line) => {
      if (used * 2 >= slots) grow();
      hashInto(id, hash);
      let at = ((hash[0] ?? 0) & (slots - 1)) * LANES;
      for (; table[at + 3] !== 0; at = (at + LANES) % table.length) {
        if (table[at] === hash[0] && table[at + 1] === hash[1] && table[at + 2] === hash[2]) {
          return table[at + 3] ?? 0;
        }
      }
      table.set(hash, at);
      table[at + 3] = line;
      used++;
      return 0;
    },
  };
}

/** Three lanes with multipliers of their own (those of MurmurHash3), mixed into each other at the end. */
function hashInto(id: string, hash: Uint32Array): void {
  let a = 0x9747b28c;
  let b = 0x2f0b4c47;
  let c = 0x1b873593 ^ id.length;
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
    c = Math.imul(c ^ unit, 0xc2b2ae35);
    c = (c << 16) | (c >>> 16);
  }
  a = mix(a + Math.imul(b, 5));
  b = mix(b + Math.imul(c, 5));
  c = mix(c + Math.imul(a, 5));
  hash[0] = a;
  hash[1] = b;
  hash[2] = c;
}

function mix(lane: number): number {
  let mixed = lane ^ (lane >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
