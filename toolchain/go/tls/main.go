// Command pulumi-resource-tls serves the Terraform provider for keys and certificates to Pulumi, under the
// names that the npm package @pulumi/tls asks for. Its module path starts with the upstream's because the
// provider lives in an internal package.
package main

import (
	"context"

	"github.com/hashicorp/terraform-provider-tls/internal/provider"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
)

// version is the npm package's, set by the build.
var version = "0.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:                              pf.ShimProvider(provider.New()),
		Name:                           "tls",
		Version:                        version,
		MetadataInfo:                   tfbridge.NewProviderMetadata([]byte("{}")),
		EnableZeroDefaultSchemaVersion: true,
	}
	info.MustComputeTokens(tokens.SingleModule("tls_", "index", tokens.MakeStandard("tls")))
	pf.Main(context.Background(), "tls", info, pf.ProviderMetadata{
		PackageSchema: []byte(`{"name":"tls","version":"` + version + `"}`),
	})
}
