import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type FunctionName, type Surface, type SurfaceName, surfaces } from '#infra/topology.ts';
import { TrainyardFunction } from '../functions/function.ts';
import { Layer } from '../functions/layer.ts';
import type { World } from '../functions/world.ts';
import { Domain } from './domain.ts';
import { Firewall } from './firewall.ts';
import { LogRole } from './log-role.ts';
import { SurfaceApi } from './surface-api.ts';

/** The HTTP part: a REST API for each surface, and its functions. */
export class ApiStack extends Stack {
  /** By the name of the surface. */
  readonly apis: ReadonlyMap<string, SurfaceApi>;
  readonly functions: ReadonlyMap<FunctionName, TrainyardFunction>;

  constructor(scope: Construct, id: string, props: StackProps & { readonly world: World }) {
    super(scope, id, props);
    const { installation } = props.world;
    const { settings } = installation;
    const world = {
      ...props.world,
      runtime: new Layer(this, 'Runtime', { installation, code: props.world.programs.runtime }),
      libraries: new Layer(this, 'Libraries', { installation, code: props.world.programs.libraries }),
    };
    const made = new Map<FunctionName, TrainyardFunction>();
    this.functions = made;
    const functionOf = (name: FunctionName): TrainyardFunction => {
      const one = made.get(name) ?? new TrainyardFunction(this, name, { name, world });
      made.set(name, one);
      return one;
    };
    const logRole = settings.apiLogRole ? new LogRole(this, 'LogRole') : undefined;
    this.apis = new Map(
      (Object.entries(surfaces) as [SurfaceName, Surface][]).map(([name, surface]) => {
        const api = new SurfaceApi(this, `Api${name}`, { name, surface, installation, functionOf });
        if (logRole) api.deploymentStage.node.addDependency(logRole.account);
        return [name, api];
      }),
    );
    if (settings.waf) new Firewall(this, 'Firewall', [...this.apis.values()]);
    const { domain, certificate } = settings;
    if (domain !== undefined && certificate !== undefined) {
      const apis = new Map([...this.apis].map(([name, api]) => [baseOf(name), api]));
      new Domain(this, 'Domain', { name: domain, certificate, apis });
    }
    for (const [name, api] of this.apis) {
      const value = domain === undefined ? api.base : `https://${domain}${baseOf(name)}`;
      new CfnOutput(this, `Base${surfaceOf(name).title}`, { value, description: `Base URL of the surface ${name}` });
    }
  }
}

const surfaceOf = (name: string): Surface => surfaces[name as keyof typeof surfaces];
const baseOf = (name: string): string => surfaceOf(name).cloudBase;
