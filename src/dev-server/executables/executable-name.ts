/** Temporal's two executables, under the names that the SDK's download gives them. */
export type ExecutableName = 'temporal-cli' | 'temporal-test-server';
