/* completion - see completion.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/completion.h"

#include <errno.h>
#include <string.h>

#include "cli/core/arguments.h"

/* Between its parts stand the commands and the options. */
static const char *const script[] = {
	"_tinlb() {\n"
	"  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" command=\"\" word i\n"
	"  local commands=\"",
	"\"\n  local options=\"",
	"\"\n"
	"  for ((i = 1; i < COMP_CWORD; i++)); do\n"
	"    word=\"${COMP_WORDS[i]}\"\n"
	"    case \"$word\" in -*) ;; *) [ -n \"$command\" ] || command=\"$word\" ;; esac\n"
	"  done\n"
	"  COMPREPLY=()\n"
	"  case \"$prev\" in\n"
	"    -o|--output) COMPREPLY=($(compgen -W \"text json\" -- \"$cur\")); return ;;\n"
	"    --kubeconfig) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	"  esac\n"
	"  case \"$cur\" in -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")); return ;; esac\n"
	"  case \"$command\" in\n"
	"    \"\") COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\")) ;;\n"
	"    check) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"    completion) COMPREPLY=($(compgen -W \"bash zsh\" -- \"$cur\")) ;;\n"
	"  esac\n"
	"}\n"
	"complete -F _tinlb tinlb kubectl-tinlb\n",
};

int completion_write(const char *shell, const char *commands, struct text *out_script)
{
	bool is_zsh = strcmp(shell, "zsh") == 0;

	if (!is_zsh && strcmp(shell, "bash") != 0)
		return -EINVAL;
	if (is_zsh)
		text_add(out_script, "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n");
	text_add(out_script, script[0]);
	text_add(out_script, commands);
	text_add(out_script, script[1]);
	arguments_names(out_script);
	text_add(out_script, script[2]);
	return 0;
}
