import { type Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { architectureOf, type Installation, removalOf } from '../scope.ts';

/** The layer with ONNX Runtime, cut by `layers/onnxruntime/cut.ts`; that with libraries is from `bundle/libraries.ts`. */
export class Layer extends LayerVersion {
  constructor(
    scope: Construct,
    id: 'Runtime' | 'Libraries',
    { installation, code }: { readonly installation: Installation; readonly code: () => Code },
  ) {
    super(scope, id, {
      code: code(),
      description: DESCRIPTIONS[id],
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [architectureOf(installation)],
      removalPolicy: removalOf(installation),
    });
  }
}

const DESCRIPTIONS = { Runtime: 'ONNX Runtime', Libraries: 'Clients of AWS and other libraries' } as const;
