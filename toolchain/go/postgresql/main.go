// Command pulumi-resource-postgresql serves the Terraform provider for PostgreSQL to Pulumi, under the names
// that the npm package @pulumi/postgresql asks for.
package main

import (
	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv1 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v1"
	"github.com/terraform-providers/terraform-provider-postgresql/postgresql"
)

// version is the npm package's, set by the build.
var version = "0.0.0"

func main() {
	// The bridge wants the struct, the upstream returns it as an interface.
	upstream := postgresql.Provider().(*schema.Provider)
	connectLazily(upstream)
	info := tfbridge.ProviderInfo{
		P:       shimv1.NewProvider(upstream),
		Name:    "postgresql",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"sslmode": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"PGSSLMODE"}}},
			"connect_timeout": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"PGCONNECT_TIMEOUT"},
				Value:   180,
			}},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"postgresql_grant": {
				Tok:                 "postgresql:index/grant:Grant",
				DeleteBeforeReplace: true,
			},
			"postgresql_default_privileges": {Tok: "postgresql:index/defaultPrivileges:DefaultPrivileges"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("postgresql_", "index", tokens.MakeStandard("postgresql")))
	info.SetAutonaming(255, "-")
	tfbridge.Main("postgresql", version, info, []byte(`{"name":"postgresql","version":"`+version+`"}`))
}
