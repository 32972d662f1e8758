// Command pulumi-resource-random serves the Terraform provider for random values to Pulumi, under the names
// that the npm package @pulumi/random asks for. Its module path starts with the upstream's because the
// provider lives in an internal package.
package main

import (
	"context"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// version is the npm package's, set by the build.
var version = "0.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:                           pf.ShimProvider(provider.New()),
		Name:                        "random",
		Version:                     version,
		MetadataInfo:                tfbridge.NewProviderMetadata([]byte("{}")),
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	// The npm package repeats the package's name in every type: RandomPassword, not Password.
	withPrefix := func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", withPrefix))
	pf.Main(context.Background(), "random", info, pf.ProviderMetadata{
		PackageSchema: []byte(`{"name":"random","version":"` + version + `"}`),
	})
}
