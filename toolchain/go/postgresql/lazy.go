package main

import (
	"sync"

	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
)

type connect = func() (any, error)

// connectLazily puts off the login until a resource is really created, read, changed or removed: the upstream
// logs in while it is configured, so that even a preview would fail with the server stopped.
func connectLazily(provider *schema.Provider) {
	configure := provider.ConfigureFunc
	provider.ConfigureFunc = func(settings *schema.ResourceData) (any, error) {
		return sync.OnceValues(func() (any, error) { return configure(settings) }), nil
	}
	for _, resource := range provider.ResourcesMap {
		resource.Create = connected(resource.Create)
		resource.Read = connected(resource.Read)
		resource.Update = connected(resource.Update)
		resource.Delete = connected(resource.Delete)
		if exists := resource.Exists; exists != nil {
			resource.Exists = func(data *schema.ResourceData, meta any) (bool, error) {
				client, err := meta.(connect)()
				if err != nil {
					return false, err
				}
				return exists(data, client)
			}
		}
	}
}

func connected(operation func(*schema.ResourceData, any) error) func(*schema.ResourceData, any) error {
	if operation == nil {
		return nil
	}
	return func(data *schema.ResourceData, meta any) error {
		client, err := meta.(connect)()
		if err != nil {
			return err
		}
		return operation(data, client)
	}
}
