/** One trace from your application through the job, its chunks and every Activity. */
import { Resource } from '@opentelemetry/resources';
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';

/** For `new Client({ plugins: [tracing] })` and `Worker.create({ plugins: [tracing, new MessageBatchesPlugin()] })`. */
export function createTracing(spanProcessor: SpanProcessor): OpenTelemetryPlugin {
  const resource = new Resource({ 'service.name': 'message-batches' });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  // Makes it the process's provider. An application that sets up OpenTelemetry itself leaves these two lines out.
  provider.register();
  return new OpenTelemetryPlugin({ resource, spanProcessor });
}
