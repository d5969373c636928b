import { spawnSync } from 'node:child_process';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { type Settings, SettingsError } from '../settings.ts';

/** Only these files are in the build context, so that other changes do not rebuild the image. */
const EXCLUDED = [
  '*',
  '!package.json',
  '!package-lock.json',
  '!.npmrc',
  '!tsconfig.json',
  '!layers',
  '!functions',
  '!containers',
  '!infra',
];

const DOCKERFILE = 'containers/trainer/Dockerfile';

/** Whether Docker can build: a client without its daemon cannot. */
const hasDocker = (): boolean =>
  spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: 'ignore', timeout: 10_000 }).status ===
  0;

/**
 * The existing image, or the one that Docker will build.
 * @throws SettingsError if there is neither
 */
export function trainerImage(settings: Settings, root: string, docker: () => boolean = hasDocker): ContainerImage {
  if (settings.trainerImage !== undefined) return ContainerImage.fromRegistry(settings.trainerImage);
  if (!docker()) {
    throw new SettingsError(
      'The trainer image needs a running Docker to be built; start it, or name a built image with -c trainerImage=REPOSITORY:TAG, or do without containers with -c batch=false',
    );
  }
  return ContainerImage.fromAsset(root, {
    file: DOCKERFILE,
    platform: Platform.LINUX_AMD64,
    exclude: EXCLUDED,
    ignoreMode: IgnoreMode.DOCKER,
  });
}
