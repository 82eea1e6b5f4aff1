# shellcheck shell=bash disable=SC2034,SC2154
#
# Appended to the script of 'git-devops completion bash': completion for the
# other names of the program.

# 'git devops <TAB>': called by git's own completion, which has set cur, prev,
# words and cword, and which adds no space after a completed word by itself.
_git_devops()
{
	local at=${__git_cmd_idx:-1} out directive
	words=("git-devops" "${words[@]:at+1:cword-at}")
	cword=$((cword - at))
	COMPREPLY=()
	__git-devops_get_completion_results
	__git-devops_process_completion_results
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} != *[=/\ ] && $((directive & 2)) -eq 0 ]]; then
		COMPREPLY[0]+=" "
	fi
}

complete -o default -F __start_git-devops gdo
