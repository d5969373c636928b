import { type Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { architectureOf, type Installation, removalOf } from '../scope.ts';

/** The layer with ONNX Runtime, cut by `layers/onnxruntime/cut.ts`. */
export class RuntimeLayer extends LayerVersion {
  constructor(scope: Construct, id: string, installation: Installation, code: () => Code) {
    super(scope, id, {
      code: code(),
      description: 'ONNX Runtime',
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [architectureOf(installation)],
      removalPolicy: removalOf(installation),
    });
  }
}
