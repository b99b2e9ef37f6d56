/* main - throwaway */
#include <stdlib.h>
#include <inttypes.h>
#include "tests/sim/world.h"
int main(int argc, char **argv){
	uint64_t a=strtoull(argv[1],0,10), b=strtoull(argv[2],0,10); (void)argc;
	double node_s=0;uint64_t ev=0,pk=0;
	for(uint64_t s=a;s<=b;s++){ struct plan p=plan_of_seed(s); struct outcome o; world_run(&p,argc>3,&o);
	 node_s+=p.n_node*(double)p.length_ms/1000; ev+=o.n_event; pk+=o.n_packet;
	 if(o.why[0]) printf("seed %" PRIu64 " n %u: %s\n",s,p.n_node,o.why);
	if(argc>3) printf("%016" PRIx64 "\n",o.hash);}
	printf("node-s %.0f events %" PRIu64 " packets %" PRIu64 "\n",node_s,ev,pk);
}
