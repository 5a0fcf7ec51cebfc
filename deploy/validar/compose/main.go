// Command compose loads docker-compose.yml as Docker Compose would, with the variables of a filled environment file,
// and prints the resolved project as JSON. It fails when the file is invalid, when a profile leaves out what one of
// its services depends on, or when the variables that it requires are not those of the example.
//
// usage: compose docker-compose.yml filled.env example.env
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: compose docker-compose.yml filled.env example.env")
		os.Exit(2)
	}
	if err := validate(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func validate(ctx context.Context, file, filled, example string) error {
	if err := checkVariables(ctx, file, example); err != nil {
		return err
	}
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithEnvFiles(filled), cli.WithDotEnv, cli.WithProfiles([]string{"*"}))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return err
	}
	if err := checkProfiles(project); err != nil {
		return err
	}
	json, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(json)
	return err
}

// checkVariables compares the variables of the file with the names in the example; all must be required.
func checkVariables(ctx context.Context, file, example string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithInterpolation(false), cli.WithResolvedPaths(false))
	if err != nil {
		return err
	}
	model, err := options.LoadModel(ctx)
	if err != nil {
		return err
	}
	var problems []error
	used := template.ExtractVariables(model, template.DefaultPattern)
	for name, variable := range used {
		if !variable.Required {
			problems = append(problems, fmt.Errorf("%s is used without being required", name))
		}
	}
	documented, err := dotenv.Read(example)
	if err != nil {
		return err
	}
	if names := sorted(used); !slices.Equal(names, sorted(documented)) {
		problems = append(problems, fmt.Errorf("the file uses %v, the example has %v", names, sorted(documented)))
	}
	return errors.Join(problems...)
}

// checkProfiles starts every profile on paper: whatever a service depends on must start with it.
func checkProfiles(project *types.Project) error {
	profiles := map[string]bool{}
	for _, service := range project.AllServices() {
		if len(service.Profiles) == 0 {
			return fmt.Errorf("%s starts with every profile", service.Name)
		}
		for _, profile := range service.Profiles {
			profiles[profile] = true
		}
	}
	var problems []error
	for _, profile := range sorted(profiles) {
		active, err := project.WithProfiles([]string{profile})
		if err != nil {
			return err
		}
		for _, service := range active.Services {
			for dependency := range service.DependsOn {
				if _, ok := active.Services[dependency]; !ok {
					problems = append(problems, fmt.Errorf("profile %s: %s needs %s", profile, service.Name, dependency))
				}
			}
		}
		fmt.Fprintf(os.Stderr, "%-15s%v\n", profile, sorted(active.Services))
	}
	return errors.Join(problems...)
}

func sorted[V any](names map[string]V) []string {
	return slices.Sorted(maps.Keys(names))
}
