/**
 * Jest runs each test file in a realm of its own, where `error instanceof Error` is false for an error that Node made,
 * of a file or a socket. In real life there is one realm: make the operator say there what it says outside of jest.
 */
const { isNativeError } = require('node:util/types');

Object.defineProperty(Error, Symbol.hasInstance, {
  value(candidate) {
    if (this === Error && isNativeError(candidate)) return true;
    return Function.prototype[Symbol.hasInstance].call(this, candidate);
  },
});
