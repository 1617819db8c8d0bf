// A Worker's Workflows come from one module. Your own stand here too, beside this line.
export * from 'temporal-message-batches/workflows';
